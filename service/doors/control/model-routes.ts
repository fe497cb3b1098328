import type { FastifyPluginAsync } from 'fastify';
import type { Models } from '../../engine/models/index.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';
import { fromModel } from './translate.ts';
import { readUpload } from './upload.ts';
import { EnableModel, ModelParams, ModelUpload } from './wire.ts';

const MODEL_LIMIT = 1_000_000_000;

/** Models of the whole box. */
export const modelRoutes: FastifyPluginAsync<ControlDeps> = async (app, { models }) => {
  app.get('/models', async () => ({ models: (await models.list()).map(fromModel) }));
  app.get('/models/verify', async () => ({ files: await models.verify() }));
  app.post('/models', async (http, reply) => {
    const { request, bytes } = await readUpload(http, ModelUpload, MODEL_LIMIT);
    // The model library parses them against the manifest's schema.
    const parts = request as Omit<Parameters<Models['import']>[0], 'onnx'>;
    return reply.code(201).send(fromModel(await models.import({ onnx: bytes, ...parts }, operator(http))));
  });
  app.post('/models/:model/enable', async (http) => {
    const { model } = parse(ModelParams, http.params);
    return fromModel(await models.enable(model, parse(EnableModel, http.body ?? {}), operator(http)));
  });
  app.post('/models/:model/disable', async (http) => {
    return fromModel(await models.disable(parse(ModelParams, http.params).model, operator(http)));
  });
  app.delete('/models/:model', async (http, reply) => {
    await models.remove(parse(ModelParams, http.params).model, operator(http));
    return reply.code(204).send();
  });
};
