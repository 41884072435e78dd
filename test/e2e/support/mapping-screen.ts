import type { Locator, Page } from "playwright-core";
import type { OdooWindow } from "../../support/browser";
import type { OdooApi } from "../../support/odoo-api";
import { waitFor } from "../../support/wait-for";

export interface MappingContent {
  lines: Record<string, unknown>[];
  [keyword: string]: unknown;
}

/** The form of an artifact's version, as somebody works with it who writes no JSON. */
export class MappingScreen {
  readonly page: Page;

  constructor(
    private readonly odoo: OdooWindow,
    private readonly admin: OdooApi,
    readonly version: number,
  ) {
    this.page = odoo.page;
  }

  /** A draft of a file of the pack, begun by this person with what counts now. */
  static async draftOf(person: OdooApi, path: string): Promise<number> {
    let artifact: number | undefined;
    await waitFor(`${path} to be published`, async () => {
      [artifact] = await person.search("integration.artifact", [["path", "=", path]]);
      return artifact !== undefined;
    });
    return await person.create("integration.artifact.version", { artifact_id: artifact });
  }

  async open(): Promise<void> {
    await this.odoo.goTo(`integration-versions/${this.version}`);
    await this.page.locator(".o_mapping_columns").waitFor();
  }

  /** The content as it is stored. */
  async stored(): Promise<MappingContent> {
    const rows = await this.admin.read<{ content: MappingContent }>(
      "integration.artifact.version",
      [["id", "=", this.version]],
      ["content"],
    );
    if (!rows[0]) throw new Error(`There is no version ${this.version}.`);
    return rows[0].content;
  }

  async save(): Promise<void> {
    await this.page.locator(".o_form_button_save").click();
    await this.page.locator(".o_form_status_indicator_buttons.invisible").waitFor({ state: "attached" });
    await this.odoo.viewStands();
  }

  /** What the toolbar says of the content: `done`, `problems`, `broken`, `unanswered`, … */
  async says(status: string): Promise<void> {
    await this.page.locator(`.o_mapping_editor[data-check=${status}]`).waitFor();
  }

  field(side: "source" | "target", path: string): Locator {
    return this.page.locator(`.o_mapping_fields[data-side=${side}] .o_mapping_field[data-path="${path}"]`);
  }

  line(place: string): Locator {
    return this.page.locator(`.o_mapping_line[data-place="${place}"]`);
  }

  /** Lines at the top, nested ones left out. */
  get lines(): Locator {
    return this.page.locator(".o_mapping_middle > .o_mapping_lines > .o_mapping_line");
  }

  get form(): Locator {
    return this.page.locator(".o_mapping_form");
  }

  part(name: string): Locator {
    return this.form.locator(`.o_mapping_part[data-part=${name}]`);
  }

  async addLine(): Promise<void> {
    await this.page.locator(".o_mapping_middle > .o_mapping_lines > .o_mapping_add").click();
    await this.form.waitFor();
  }

  /** Adds a part to the open line: `apply`, `lookup`, `when`, … */
  async add(part: string): Promise<void> {
    await this.form.locator(`[data-add=${part}]`).click();
    await this.part(part).waitFor();
  }

  /** Types a path and takes what is offered for it. */
  async choose(input: Locator, path: string): Promise<void> {
    await input.fill(path);
    const offers = this.page.locator(".o_mapping_path_menu a[role=option]");
    await offers
      .filter({ has: this.page.getByText(path, { exact: true }) })
      .first()
      .click();
  }

  async choosePath(part: string, path: string, position = 0): Promise<void> {
    await this.choose(this.part(part).locator(".o_mapping_path input").nth(position), path);
  }

  /** Shows the JSON beside the lines. */
  async showJson(): Promise<void> {
    await this.page.getByRole("button", { name: "JSON", exact: true }).click();
    await this.page.locator(".o_mapping_ace .ace_content").waitFor();
  }

  async showFields(): Promise<void> {
    await this.page.getByRole("button", { name: "Fields", exact: true }).click();
    await this.page.locator(".o_mapping_fields[data-side=target]").waitFor();
  }

  /** The text of the JSON pane. */
  async json(): Promise<string> {
    return await this.page.evaluate<string>('ace.edit(document.querySelector(".o_mapping_ace")).getValue()');
  }

  /** Puts the cursor behind the first occurrence of a text in the JSON, ready to type. */
  async cursorBehind(text: string): Promise<void> {
    await this.page.evaluate(
      `(() => {
        const editor = ace.edit(document.querySelector(".o_mapping_ace"));
        const at = editor.getValue().indexOf(${JSON.stringify(text)});
        if (at < 0) throw new Error("not in the JSON");
        const { row, column } = editor.session.doc.indexToPosition(at + ${text.length});
        editor.moveCursorTo(row, column);
        editor.clearSelection();
        editor.focus();
      })()`,
    );
  }

  /** The sentences at the JSON's rows, with the row's text each. */
  async jsonErrors(): Promise<{ row: string; text: string }[]> {
    return await this.page.evaluate(
      `(() => {
        const { session } = ace.edit(document.querySelector(".o_mapping_ace"));
        return session.getAnnotations().map(({ row, text }) => ({ row: session.getLine(row), text }));
      })()`,
    );
  }
}
