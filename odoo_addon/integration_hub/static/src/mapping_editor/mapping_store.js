import { markRaw, reactive } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formWords } from "./form_words";
import { compareContents } from "./compare";
import {
  eachLine,
  inOrder,
  lineOf,
  placeOf,
  placeText,
  sameContent,
  scopeOf,
  usedPaths,
  valueAt,
  withInserted,
  withMoved,
  withValue,
} from "./mapping_content";
import { checkForm } from "./schema_check";

/** How long nothing has to be typed before the sidecar is asked, in milliseconds. */
const CHECK_AFTER = 600;
const MAX_UNDO = 200;

/**
 * What all parts of the editor share: the content with its undo list, which line is open, what is wrong where.
 *
 * @param {object} options
 * @param {(content: object) => void} options.onChange called with every new content
 * @param {(content: object) => Promise<{problems: object[]}>} options.check asks the sidecar
 */
export function createMappingStore(options) {
  return reactive(new MappingStore(options));
}

class MappingStore {
  content = markRaw({});
  /** What the server knows of this mapping (models/mappings/mapping_editor.py); null until it has answered. */
  info = null;
  readonly = true;
  /** Place of the open line as text; "" when all are closed. */
  open = "";
  /** What the sidecar said of this content: `none` (not asked), `asking`, `done`, `unanswered`. */
  checkState = "none";
  unanswered = "";
  reported = [];
  /** Set while the JSON beside the lines cannot be read: the lines wait for it. */
  brokenJson = false;
  comparing = false;
  past = [];
  future = [];

  constructor({ onChange, check }) {
    this.tell = onChange;
    this.ask = check;
  }

  // -- content -----------------------------------------------------------------------------------------------------

  /** Takes over what was loaded, and forgets what could be undone. */
  load(content) {
    this.content = markRaw(inOrder(content || {}));
    this.past = [];
    this.future = [];
    this.merging = null;
    this.brokenJson = false;
    this.reported = [];
    this.checkState = "none";
  }

  /** Changes with the same `merge` one after the other are undone together: a text that is typed letter by letter. */
  change(content, merge = null) {
    if (this.readonly || sameContent(content, this.content)) {
      return;
    }
    if (merge === null || merge !== this.merging) {
      this.past = [...this.past.slice(-MAX_UNDO), { content: this.content, open: this.open }];
    }
    this.merging = merge;
    this.future = [];
    this.take(content);
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    const last = from.pop();
    if (last && !this.readonly) {
      to.push({ content: this.content, open: this.open });
      this.merging = null;
      this.open = last.open;
      this.take(last.content);
    }
  }

  take(content) {
    this.content = markRaw(content);
    this.brokenJson = false;
    this.tell(content);
    this.checkSoon();
  }

  // -- lines -------------------------------------------------------------------------------------------------------

  set(place, value, merge = null) {
    this.change(withValue(this.content, place, value), merge);
  }

  isOpen(place) {
    return this.open === placeText(place);
  }

  toggle(place) {
    this.open = this.isOpen(place) ? "" : placeText(place);
  }

  /** Puts a line at the end of a list of lines (or at an index) and opens it. */
  add(listPlace, line, index = (valueAt(this.content, listPlace) || []).length) {
    this.change(withInserted(this.content, listPlace, index, line));
    this.open = placeText([...listPlace, index]);
  }

  remove(place) {
    this.open = "";
    this.change(withValue(this.content, place, undefined));
  }

  duplicate(place) {
    this.add(place.slice(0, -1), structuredClone(valueAt(this.content, place)), place.at(-1) + 1);
  }

  move(place, by) {
    const moved = withMoved(this.content, place, by);
    if (moved !== this.content) {
      const wasOpen = this.isOpen(place);
      this.change(moved);
      this.open = wasOpen ? placeText([...place.slice(0, -1), place.at(-1) + by]) : "";
    }
  }

  scope(place) {
    return scopeOf(this.content, place);
  }

  /** Maps a source field: into the open line when that still lacks its source, else with a new line. */
  mapSource(path, target = "") {
    const open = placeOf(this.open);
    const line = this.open && valueAt(this.content, open);
    const { source } = this.open ? this.scope(open) : { source: "" };
    if (line && line.from === "" && path.startsWith(source)) {
      const relative = path.slice(source.length);
      return this.change(withValue(this.content, open, { ...line, from: relative, to: line.to || target }));
    }
    const field = this.source(path);
    const list = field?.list && this.lineOfList(field.list);
    if (list) {
      return this.add([...list.place, "lines"], { to: "", from: path.slice(list.inner.length) });
    }
    if (field?.list) {
      const inner = { to: "", from: path.slice(field.list.length + 1) };
      return this.add(["lines"], { to: "", each: field.list, lines: [inner] });
    }
    if (field?.type === "list" && field.items === "object") {
      return this.add(["lines"], { to: target, each: path, lines: [{ to: "", from: "" }] });
    }
    this.add(["lines"], { to: target || this.sameNamed(path), from: path });
  }

  /** Fills a target: of the open line when that still lacks it, else with a new line. */
  mapTarget(path) {
    const open = placeOf(this.open);
    const line = this.open && valueAt(this.content, open);
    const { target } = this.open ? this.scope(open) : { target: "" };
    if (line && line.to === "" && path.startsWith(target)) {
      return this.set([...open, "to"], path.slice(target.length));
    }
    const same = this.source(path);
    this.add(["lines"], { to: path, from: same && !same.list && same.type !== "list" ? path : "" });
  }

  lineOfList(list) {
    let found;
    eachLine(this.content, (line, place, scope) => {
      if (!found && line.each !== undefined && scope.source + line.each === list) {
        found = { place, inner: `${list}.` };
      }
    });
    return found;
  }

  /** A target that is still free and has the source's name; "" when there is none. */
  sameNamed(path) {
    const name = path.split(".").at(-1);
    const { targets } = usedPaths(this.content);
    const free = (this.info?.target.fields || []).filter((field) => !field.list && !targets.has(field.path));
    return (
      free.find((field) => field.path === path) ||
      free.find((field) => field.path.split(".").at(-1) === name && field.type !== "object") || { path: "" }
    ).path;
  }

  source(path) {
    return this.info?.source.fields.find((field) => field.path === path);
  }

  target(path) {
    return this.info?.target.fields.find((field) => field.path === path);
  }

  /** Adds fields behind a relation, once somebody has looked there. */
  learnFields(fields) {
    const known = new Set(this.info.source.fields.map(({ path }) => path));
    const source = { ...this.info.source };
    source.fields = [...source.fields, ...fields.filter(({ path }) => !known.has(path))];
    this.info = markRaw({ ...this.info, source });
  }

  // -- what is wrong -----------------------------------------------------------------------------------------------

  /** Problems of the content as it is now: `[{place, reason, fix}]`. The form's first, then what the sidecar said. */
  get problems() {
    if (!this.info?.schema || !this.content.lines) {
      return this.reported;
    }
    const form = checkForm(this.info.schema, this.content).map((problem) => ({
      place: problem.place,
      reason: formWords(problem),
      fix: "",
    }));
    // While the form is wrong the sidecar says the same in other words.
    return form.length ? form : this.reported;
  }

  problemsOf(place) {
    const text = placeText(place);
    return this.problems.filter(({ place: at }) => {
      const line = lineOf(at);
      return line && placeText(line) === text;
    });
  }

  /** Problems that are not a single line's. */
  get generalProblems() {
    return this.problems.filter(({ place }) => !lineOf(place));
  }

  checkSoon() {
    clearTimeout(this.timer);
    this.reported = [];
    this.checkState = "asking";
    this.timer = setTimeout(() => this.check(), CHECK_AFTER);
  }

  async check() {
    const asked = this.content;
    if (!asked.lines || !this.info || this.problems.length) {
      this.checkState = "none";
      return;
    }
    let answer;
    try {
      answer = await this.ask(asked);
    } catch (error) {
      answer = { unanswered: error.data?.message || _t("The sidecar could not be asked.") };
    }
    if (asked !== this.content || this.closed) {
      return;
    }
    this.unanswered = answer.unanswered || "";
    this.checkState = answer.unanswered ? "unanswered" : "done";
    this.recall(answer.problems || []);
  }

  /** Takes over problems as the sidecar words them: `[{path, pointer, reason, fix}]`. */
  recall(problems) {
    this.reported = problems.map(({ pointer, reason, fix, path }) => ({
      place: path && path !== this.info.path ? [] : placeOf(pointer || ""),
      reason: path && path !== this.info.path ? `${path}: ${reason}` : reason,
      fix,
    }));
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }

  // -- the active version ------------------------------------------------------------------------------------------

  get comparison() {
    return this.comparing && this.info?.active ? compareContents(inOrder(this.info.active), this.content) : null;
  }
}
