/** Of the webhook bodies whose shape is ours; it changes with what a receiver could trip over (docs/COMPATIBILITY.md). */
export const WEBHOOK_VERSION = 1;
