import { odooFault } from "../../../sidecar/odoo/faults";

const fault = (status: number, name: string | null, message = "It said no.") =>
  odooFault({ status, name, message, place: "res.partner.write" }).failure;

describe("a refusal of Odoo is classified by its name before its status", () => {
  it.each([
    [401, null, "credential", "odoo_sign_in_refused"],
    [200, "odoo.exceptions.AccessDenied", "credential", "odoo_sign_in_refused"],
    [403, "odoo.exceptions.AccessError", "business", "odoo_access_refused"],
    [404, "odoo.exceptions.MissingError", "data", "odoo_record_missing"],
    [422, "odoo.exceptions.UserError", "business", "odoo_refused"],
    [422, "odoo.exceptions.ValidationError", "business", "odoo_refused"],
    [422, "psycopg2.errors.UniqueViolation", "business", "odoo_refused"],
    [409, "odoo.exceptions.LockError", "technical", "odoo_busy"],
    [500, "psycopg2.errors.SerializationFailure", "technical", "odoo_busy"],
    [404, "werkzeug.exceptions.NotFound", "data", "odoo_not_found"],
    [404, null, "data", "odoo_not_found"],
    [500, null, "technical", "odoo_http_500"],
    [502, null, "technical", "odoo_http_502"],
    [429, null, "technical", "odoo_http_429"],
    [415, null, "data", "odoo_http_415"],
  ])("%s %s is %s", (status, name, kind, code) => {
    expect(fault(status, name)).toMatchObject({ kind, code, field: "res.partner.write" });
  });

  it.each(["builtins.KeyError", "builtins.ValueError"])(
    "a 500 with %s is permanent: the same call can never succeed",
    (name) => {
      expect(fault(500, name)).toMatchObject({ kind: "data", code: "odoo_call_rejected" });
    },
  );

  it("never carries Odoo's traceback on", () => {
    const message = 'Something broke\nTraceback (most recent call last):\n  File "secret.py"';
    expect(JSON.stringify(fault(422, "odoo.exceptions.UserError", message))).not.toContain("secret.py");
  });

  it("says what to do in every case", () => {
    for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) expect(fault(status, null).hint).not.toBe("");
  });
});
