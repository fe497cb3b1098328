import { workerData } from 'node:worker_threads';
import { type Repeated, sendByCommand } from './notify.ts';

const { message, milliseconds, env } = workerData as Repeated;
setInterval(() => sendByCommand([message], env), milliseconds);
