/**
 * A call that goes up: from a service to one that is built after it. `call` is handed to the first, `connect` takes the method of the
 * second. Throws where it is called before, or connected twice.
 */
export function createConnection<Call extends (...given: never[]) => unknown>(name: string) {
  let to: Call | undefined;
  return {
    call: ((...given) => {
      if (!to) throw new Error(`${name} was called before it was connected`);
      return to(...given);
    }) as Call,
    connect(method: Call): void {
      if (to) throw new Error(`${name} was connected twice`);
      to = method;
    },
  };
}
