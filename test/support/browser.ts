import { chromium, type Browser, type BrowserContext, type Page, type Request } from "playwright-core";
import { ensureChromium } from "../stack/chromium";
import type { OdooApi } from "./odoo-api";
import { waitFor } from "./wait-for";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The screen most people in an office look at. */
export const OFFICE_SCREEN = { width: 1366, height: 768 };

/** How long to wait for the web client: its first load after an update compiles all assets. */
const PATIENCE_MS = 45_000;

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: await ensureChromium(), args: FLAGS });
}

/** One person's window on Odoo. Everything the web client complains about is collected for `takeProblems`. */
export class OdooWindow {
  private readonly errors: string[] = [];
  /** Calls to the server that have no answer yet. */
  private readonly underWay = new Set<Request>();

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly url: string,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("request", (request) => {
      if (/\/web\/(dataset|action)\//.test(request.url())) this.underWay.add(request);
    });
    const over = (request: Request): void => void this.underWay.delete(request);
    page.on("requestfinished", over);
    page.on("requestfailed", over);
    page.on("framenavigated", (frame) => {
      if (frame === page.mainFrame()) this.underWay.clear();
    });
    page.on("pageerror", (error) => this.errors.push(`uncaught: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(`console: ${message.text()} (${message.location().url})`);
    });
  }

  static async open(browser: Browser, person: OdooApi, viewport = OFFICE_SCREEN): Promise<OdooWindow> {
    const context = await browser.newContext({ viewport, locale: "en-US", timezoneId: "UTC", reducedMotion: "reduce" });
    const { hostname } = new URL(person.url);
    await context.addCookies([{ name: "session_id", value: person.sessionId, domain: hostname, path: "/" }]);
    return new OdooWindow(context, await context.newPage(), person.url);
  }

  /** Goes to a path of the web client, for instance `integration-deliveries`, and waits until a view stands. */
  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.url}/odoo/${path}`);
    await this.viewStands();
  }

  /** Waits until the current view is drawn with what the server answered. */
  async viewStands(): Promise<void> {
    const view = ".o_action_manager .o_view_controller, .modal .o_view_controller, .o_error_dialog";
    await this.page.locator(view).first().waitFor();
    await waitFor("the web client to be at rest", async () => {
      if (this.underWay.size > 0) return false;
      // An answer may lead to the next question: both come within the frames in which it is drawn.
      await this.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
      return this.underWay.size === 0;
    });
  }

  /** Chooses an entry of the top menu, through its section where it has one: `menu("Configuration", "Rules")`. */
  async menu(...names: string[]): Promise<void> {
    const bar = this.page.locator(".o_main_navbar");
    const [first = "", second] = names;
    await bar.locator(".o_menu_sections").getByText(first, { exact: true }).click();
    if (second !== undefined) await this.page.locator(".o-dropdown--menu").getByText(second, { exact: true }).click();
    await this.viewStands();
  }

  /** Switches to another kind of view of the same action. */
  async switchView(type: "list" | "kanban" | "pivot" | "graph"): Promise<void> {
    await this.page.locator(`.o_cp_switch_buttons .o_switch_view.o_${type}`).click();
    await this.page.locator(`.o_${type}_view`).waitFor();
    await this.viewStands();
  }

  /** Ticks a filter or a grouping in the search menu; `section` is the column's class. */
  async choose(section: "filter" | "group_by", name: string): Promise<void> {
    const menu = this.page.locator(".o_search_bar_menu");
    if (!(await menu.isVisible())) await this.page.locator(".o_searchview_dropdown_toggler").click();
    await menu.locator(`.o_${section}_menu`).getByRole("menuitemcheckbox", { name, exact: true }).click();
    await this.page.locator(".o_searchview_facet", { hasText: name }).last().waitFor();
    await this.page.locator(".o_searchview_dropdown_toggler").click();
    await menu.waitFor({ state: "hidden" });
    await this.viewStands();
  }

  /** Texts of the visible buttons of a form's or a list's header. */
  async headerButtons(): Promise<string[]> {
    const buttons = this.page.locator(".o_statusbar_buttons button:visible, .o_control_panel_actions button:visible");
    const texts = await buttons.allInnerTexts();
    return texts.map((text) => text.trim()).filter((text) => text !== "");
  }

  /** Types into the search bar and searches with what it offers first. */
  async searchFor(text: string): Promise<void> {
    await this.page.locator(".o_searchview_input").fill(text);
    await this.page.locator(".o_searchview_autocomplete").waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".o_searchview_facet", { hasText: text }).waitFor();
    await this.viewStands();
  }

  /** Takes all filters out of the search bar. */
  async clearSearch(): Promise<void> {
    const facets = this.page.locator(".o_facet_remove");
    for (let left = await facets.count(); left > 0; left -= 1) await facets.first().click();
    await facets.first().waitFor({ state: "detached" });
    await this.viewStands();
  }

  /** Opens the form of the first row of the list. */
  async openFirstRow(): Promise<void> {
    await this.page.locator(".o_data_row .o_data_cell").first().click();
    await this.page.locator(".o_form_view").waitFor();
    await this.viewStands();
  }

  /** What the web client has complained about since the last question, and which error dialogs stand on the screen. */
  async takeProblems(): Promise<string[]> {
    const dialogs = await this.page.locator(".o_error_dialog").allInnerTexts();
    return [...this.errors.splice(0), ...dialogs.map((text) => `dialog: ${text}`)];
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
