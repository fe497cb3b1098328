import type { ModelChanges } from '../../../engine/model-changes/index.ts';
import type { Models, ProviderReport } from '../../../engine/models/index.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromModel, fromModels, fromStaged, toFile, toImported } from './translate.ts';
import {
  EnableModel,
  ModelChangesRequest,
  ModelDryRunReply,
  ModelFile,
  ModelFilesReply,
  ModelParams,
  ModelReply,
  ModelsQuery,
  ModelsReply,
  NewModel,
  StagedModelReply,
  StagedParams,
} from './wire.ts';

export interface ModelRouteDeps {
  models: Pick<
    Models,
    'list' | 'verify' | 'import' | 'enable' | 'disable' | 'remove' | 'importable' | 'combinations' | 'current'
  >;
  modelChanges: ModelChanges;
  netProvider(): ProviderReport;
}

/** Bytes of a model file. */
const MOST = 1_000_000_000;
const about = {
  tag: 'models',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** The models of the box. */
export const modelRoutes = (deps: ModelRouteDeps): AdminRoute[] => [
  ...lookingRoutes(deps),
  ...fileRoutes(deps),
  ...changingRoutes(deps),
];

const lookingRoutes = ({ models, netProvider }: ModelRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/models',
    operationId: 'listModels',
    effect: 'none',
    summary: 'List models',
    description:
      'Every installed model with its licence, provenance, accuracy and licence doubts, the scorers, known models that are not installed, and the execution provider that runs them.',
    query: ModelsQuery,
    reply: ModelsReply,
    handle: async ({ query }) => ({
      ...fromModels(await models.list(), models, query),
      provider: netProvider(),
    }),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/models/verification',
    operationId: 'verifyModels',
    effect: 'none',
    summary: 'Hash the files of the models again',
    description: 'Compares every file with the manifest.',
    lasting: true,
    reply: ModelFilesReply,
    handle: async () => ({ items: await models.verify() }),
  }),
];

const fileRoutes = ({ modelChanges }: ModelRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/models/files',
    operationId: 'examineModelFile',
    effect: 'none',
    summary: 'Inspect the file of a model',
    description:
      'Accepts YuNet (.onnx), MobileFaceNet (.tflite, or its npm package .tgz) or an ONNX file of your own with its entry; converts and tests it in a separate process. The result is kept in memory for 15 minutes; nothing is installed. Of a file that a model of Gatehouse was made from, the reply says that it comes with Gatehouse.',
    body: ModelFile,
    upload: { most: MOST },
    lasting: true,
    status: 201,
    reply: StagedModelReply,
    handle: async ({ body, file }) => fromStaged(await modelChanges.stage(toFile(body, file))),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/models/files/:file/import',
    operationId: 'importModelFile',
    effect: 'weakens-protection',
    summary: 'Import an inspected file',
    description:
      'Installs the model. It is used at once, unless its licence is in doubt. Changes nothing for a model that comes with Gatehouse.',
    params: StagedParams,
    status: 201,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ params: { file }, who }) => fromModel(await modelChanges.importStaged(file, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/models/dry-run',
    operationId: 'dryRunModels',
    effect: 'none',
    summary: 'Preview changes of the models',
    description:
      'Profiles that would use other models or be refused, their thresholds, and the number of people who could no longer be recognized. Pictures are not stored, so no job can create templates for another model: these people have to be enrolled again. Nothing is changed.',
    body: ModelChangesRequest,
    lasting: 'followed',
    reply: ModelDryRunReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED'],
    handle: ({ body: { changes } }) => modelChanges.dryRun(changes),
  }),
];

const changingRoutes = ({ models }: ModelRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/models',
    operationId: 'importModel',
    effect: 'weakens-protection',
    summary: 'Import a model',
    description:
      'Stores the ONNX file. Its SHA-256 must be one that Gatehouse knows, or for your own model the one in its manifest entry.',
    body: NewModel,
    upload: { most: MOST },
    status: 201,
    reply: ModelReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ body, file, who }) => fromModel(await models.import(toImported(body, file), who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/models/:id/enable',
    operationId: 'enableModel',
    effect: 'weakens-protection',
    summary: 'Let verifications use a model',
    description: 'Refused for a model with a doubtful licence until the doubt is accepted.',
    params: ModelParams,
    body: EnableModel,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'LICENCE_NOT_ACCEPTED', 'STORAGE_FULL'],
    handle: async ({ params: { id }, body, who }) => fromModel(await models.enable(id, body, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/models/:id/disable',
    operationId: 'disableModel',
    effect: 'weakens-protection',
    summary: 'Disable a model',
    description: 'The model stays installed. Refused for a model that verification needs.',
    params: ModelParams,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ params: { id }, who }) => fromModel(await models.disable(id, who)),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/models/:id',
    operationId: 'removeModel',
    effect: 'weakens-protection',
    summary: 'Delete an imported model',
    description: 'Refused for a built-in model.',
    params: ModelParams,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { id }, who }) => models.remove(id, who),
  }),
];
