/** The same object without the keys whose value is undefined: what `exactOptionalPropertyTypes` asks of optional fields. */
export function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
