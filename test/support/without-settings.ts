/**
 * The environment of this process for a service: which refuses settings that it does not know, such as `GATEHOUSE_ATTACKS` of the tests, and
 * must not take those of the machine's own service.
 */
export const withoutSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GATEHOUSE_')));
