import type { Collector } from './collector.ts';

/** Name of the hidden field; `humaFormCheck` of `@gatehouse/sdk/huma/next` reads it. */
const SIGNALS_FIELD = 'huma_signals';

/**
 * Puts a snapshot into each form that has a hidden field `huma_signals` (or the attribute `data-huma`), in the moment in which its data
 * are read: by a submission, by `form.submit()` and by `new FormData(form)`. Gives the end of it.
 */
function fillHiddenFields(document: Document, collector: Pick<Collector, 'snapshot'>): () => void {
  const signals = () => JSON.stringify(collector.snapshot());
  const onFormData = (event: FormDataEvent) => {
    const form = event.target as HTMLFormElement;
    if (fieldOf(form) || form.hasAttribute('data-huma')) event.formData.set(SIGNALS_FIELD, signals());
  };
  // Browsers without the event `formdata`.
  const onSubmit = (event: SubmitEvent) => {
    const field = fieldOf(event.target as HTMLFormElement);
    if (field) field.value = signals();
  };
  const [type, listener] =
    typeof FormDataEvent === 'undefined' ? ['submit', onSubmit] : ['formdata', onFormData];
  document.addEventListener(type as string, listener as (event: Event) => void, true);
  return () => document.removeEventListener(type as string, listener as (event: Event) => void, true);
}

const fieldOf = (form: HTMLFormElement): HTMLInputElement | null =>
  form.querySelector?.(`input[type=hidden][name=${SIGNALS_FIELD}]`) ?? null;

const filled = Symbol.for('gatehouse.fields');

/** `fillHiddenFields`, at most once for a document. */
export function fillOnce(document: Document, collector: Pick<Collector, 'snapshot'>): void {
  const seen = document as { [filled]?: true };
  if (seen[filled]) return;
  seen[filled] = true;
  fillHiddenFields(document, collector);
}
