/**
 * What the service needs of a logger; pino satisfies it. Nothing biometric, no e-mail address and no key is
 * ever passed to it: log ids.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
