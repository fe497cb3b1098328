/** Forms and their fields. */

export { AskBeforeLeaving } from './ask-before-leaving.tsx';
export { Choice, type Option } from './choice.tsx';
export { DropZone } from './drop-zone.tsx';
export { fieldsOf } from './field.tsx';
export { FileChoice } from './file-choice.tsx';
export { Form, useCheckedForm } from './form.tsx';
export { SaveBar } from './save-bar.tsx';
