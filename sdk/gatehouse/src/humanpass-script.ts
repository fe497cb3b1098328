// What a page gets from the script as the global `GatehouseHumanPass`.
export type * from './humanpass.ts';
export { default as HumanPassClient, HumanPassError } from './humanpass.ts';
