/** Operations and lists of the service, as screens show them. */

export { useOperation } from './api/use-operation.ts';
export { recordOf } from './command/record.ts';
export { ShowCommand } from './command/show-command.tsx';
export { AskedOperation, ConfirmForm, ConfirmOperation } from './confirm-operation.tsx';
export { LoadFailed, Refused } from './load-failed.tsx';
export { FormCommand, OperationForm, RunButton, RunCommand, Submit } from './operation-form.tsx';
export { QueryTable, useAddressFilters, useList, WholeListTools } from './query-table.tsx';
