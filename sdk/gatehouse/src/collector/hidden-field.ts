import type { Collector } from './collector.ts';

/** Name of the hidden field; `humaFormCheck` of `@gatehouse/sdk/huma/next` reads it. */
const SIGNALS_FIELD = 'huma_signals';

const filled = Symbol.for('gatehouse.fields');

/**
 * Puts a snapshot into each form that has a hidden field `huma_signals` (or the attribute `data-huma`), in the moment in which its data
 * are read: by a submission, by `form.submit()` and by `new FormData(form)`. Once for a document, however often it is called.
 */
export function fillOnce(
  document: Document & { [filled]?: true },
  collector: Pick<Collector, 'snapshot'>,
): void {
  if (document[filled]) return;
  document[filled] = true;
  const signals = () => JSON.stringify(collector.snapshot());
  // Browsers without the event `formdata` fill the field itself.
  document.addEventListener(
    globalThis.FormDataEvent ? 'formdata' : 'submit',
    ({ target, formData }: Event & { formData?: FormData }) => {
      const form = target as HTMLFormElement;
      const field = fieldOf(form);
      if (!formData) {
        if (field) field.value = signals();
      } else if (field || form.hasAttribute('data-huma')) formData.set(SIGNALS_FIELD, signals());
    },
    true,
  );
}

/** Also one outside of its form, which it names by `form`. A field `elements` in a form hides the list: that form has none. */
const fieldOf = (form: HTMLFormElement): HTMLInputElement | undefined =>
  Array.prototype.find.call(form.elements, ({ name, type }) => name === SIGNALS_FIELD && type === 'hidden');
