// What the appliance serves in the place of the scripts of Turnstile, reCAPTCHA and hCaptcha (docs/SITEVERIFY.md).
import { installWidgets } from './install-widgets.ts';

installWidgets(((document.currentScript ?? {}) as Partial<HTMLScriptElement>).src);
