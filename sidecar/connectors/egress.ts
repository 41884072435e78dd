/**
 * Whether a host (`api.example.com`, with port where it is not the default) is one of the allowed ones. `*.example.com` allows every
 * name below example.com, not example.com itself.
 */
export function hostAllowed(host: string, allowed: readonly string[]): boolean {
  const wanted = host.toLowerCase();
  return allowed.some((entry) => {
    const pattern = entry.toLowerCase();
    return pattern.startsWith("*.")
      ? wanted.endsWith(pattern.slice(1)) && wanted.length > pattern.length - 1
      : wanted === pattern;
  });
}
