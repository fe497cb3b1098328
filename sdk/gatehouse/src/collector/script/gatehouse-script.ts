// What the appliance serves as /sdk/gatehouse.js: it collects from the moment in which it is loaded.
import { installHuma } from './install-huma.ts';

installHuma(((document.currentScript ?? {}) as Partial<HTMLScriptElement>).src);
