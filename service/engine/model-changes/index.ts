export type { DryRun, Runs } from './dry-run.ts';
export type { ModelChanges, PlannedChange } from './model-changes.ts';
export { createModelChanges } from './model-changes.ts';
export type { ModelFile, ReadModel, StagedModel } from './staged-models.ts';
