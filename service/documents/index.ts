export type { Chart, Item, PrintedDocument, Section, Table } from './document.ts';
export { renderPdf } from './render-pdf.ts';
