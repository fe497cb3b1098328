import type { Models } from '../../../engine/models/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromModel, toImported } from './translate.ts';
import {
  EnableModel,
  ModelFilesReply,
  ModelParams,
  ModelReply,
  ModelsQuery,
  ModelsReply,
  NewModel,
} from './wire.ts';

export interface ModelRouteDeps {
  models: Pick<Models, 'list' | 'verify' | 'import' | 'enable' | 'disable' | 'remove'>;
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
  ...changingRoutes(deps),
];

const lookingRoutes = ({ models }: ModelRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/models',
    operationId: 'listModels',
    summary: 'List models',
    description: 'Every installed model with its licence, provenance and licence doubts.',
    query: ModelsQuery,
    reply: ModelsReply,
    handle: async ({ query }) => pageOfShort((await models.list()).map(fromModel), query, ({ id }) => id),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/models/verification',
    operationId: 'verifyModels',
    summary: 'Hash the files of the models again',
    description: 'Compares every file with the manifest.',
    lasting: true,
    reply: ModelFilesReply,
    handle: async () => ({ items: await models.verify() }),
  }),
];

const changingRoutes = ({ models }: ModelRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/models',
    operationId: 'importModel',
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
    summary: 'Delete an imported model',
    description: 'Refused for a built-in model.',
    params: ModelParams,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { id }, who }) => models.remove(id, who),
  }),
];
