/** Debian packages by where they come from. Odoo itself exists in the unstable suite only. */

/** Unpacked into Odoo's own root, never installed: the machine's suite must stay as it is. */
export const UNPACKED_FROM_UNSTABLE = ["odoo-19", "fonts-montserrat"] as const;

/** Odoo's package links to these by relative path; without jQuery the login page answers 500. */
export const UNPACKED_FROM_SUITE = [
  "libjs-jquery",
  "libjs-jquery-form",
  "libjs-underscore",
  "fonts-font-awesome",
  "fonts-roboto-unhinted",
  "fonts-inconsolata",
  "fonts-ocr-b",
] as const;

const PYTHON_MODULES =
  "asn1crypto babel bs4 cbor2 chardet cryptography dateutil docutils geoip2 gevent greenlet idna jinja2 libsass lxml markupsafe " +
  "num2words openssl passlib pil polib psutil psycopg2 pypdf qrcode reportlab requests rjsmin stdnum tz urllib3 vobject " +
  "werkzeug xlrd xlsxwriter xlwt zeep";

/** What Odoo imports, from the machine's own suite. */
export const PYTHON_PACKAGES = PYTHON_MODULES.split(" ").map((name) => `python3-${name}`);

/** What Odoo's own test runner imports on top. */
export const PYTHON_TEST_PACKAGES = ["python3-freezegun", "python3-websocket"];
