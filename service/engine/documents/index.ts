export type { Item, PrintedDocument, Section } from './document.ts';
export { renderPdf } from './render-pdf.ts';
