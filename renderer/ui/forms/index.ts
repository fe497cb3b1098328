/** Forms and their fields. */

export { AskBeforeLeaving } from './ask-before-leaving.tsx';
export { Choice, type Option } from './choice.tsx';
export { DropZone, FileChoice } from './choose-files.tsx';
export { fieldsOf } from './field.tsx';
export { type Fault, FaultText, useFault } from './field-fault.tsx';
export { Form, useCheckedForm } from './form.tsx';
export { SaveBar } from './save-bar.tsx';
