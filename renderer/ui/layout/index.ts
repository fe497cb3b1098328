/** What pages are laid out with: regions, notes, dialogs. */

export { ConfirmDialog, Dialog, DialogFoot } from './confirm-dialog.tsx';
export { Card, Columns, KeyValues, Row, Stack, WithAside } from './layout.tsx';
export { EmptyState, Note } from './note.tsx';
export { Page, useCrumbs } from './page.tsx';
export { ToastRegion, toast, useToasts } from './toasts.tsx';
export { ConsequenceList, TypedNameDialog } from './typed-name-dialog.tsx';
