import { pagesOpenApiDocument } from './openapi.ts';

/** For the types of what pages ask (sdk/admin/generate.mjs reads it). */
process.stdout.write(JSON.stringify(await pagesOpenApiDocument()));
