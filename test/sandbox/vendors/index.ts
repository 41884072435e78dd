import { asana } from "./asana";
import { bamboohr } from "./bamboohr";
import { hubspot } from "./hubspot";
import type { Vendor } from "./vendor";

/** Every system the sandbox stands in for. */
export const VENDORS: readonly Vendor[] = [hubspot, asana, bamboohr];
