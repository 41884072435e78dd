/** What a professional-services firm uses of Odoo, and what the starter rules watch. */
export const MODULES = [
  "base_automation",
  "crm",
  "sale_management",
  "project",
  "sale_timesheet",
  "account",
  "hr",
  "hr_holidays",
  "hr_expense",
  "purchase",
] as const;
