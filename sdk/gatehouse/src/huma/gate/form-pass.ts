export interface FormPass {
  /** Calls `handle` and gives the form a pass: for one submission, until what `handle` returned has settled and some time after. */
  give(form: HTMLFormElement, handle: () => unknown): void;
  /** Whether the form has a pass, which is used up by that. */
  take(form: HTMLFormElement): boolean;
}

/** Milliseconds after the end of `handle`: a state update, or a promise that it did not return, may submit the form. */
const AFTER = 10_000;

/** The submission that an application starts once the person is verified must not be verified again. */
export function createFormPass(): FormPass {
  let given: { form: HTMLFormElement } | undefined;
  return {
    give(form, handle) {
      const own = { form };
      const end = () => {
        if (given === own) given = undefined;
      };
      given = own;
      try {
        // A rejection of the application stays an unhandled one.
        void Promise.resolve(handle()).finally(() => setTimeout(end, AFTER));
      } catch (error) {
        end();
        throw error;
      }
    },
    take(form) {
      // One that React rendered anew is another element.
      if (given === undefined || (given.form !== form && given.form.isConnected)) return false;
      given = undefined;
      return true;
    },
  };
}
