export type { DryRun, ModelFile, ReadModel, Runs, StagedModel } from './dry-run.ts';
export { createModelChanges, type ModelChanges, type PlannedChange } from './model-changes.ts';
