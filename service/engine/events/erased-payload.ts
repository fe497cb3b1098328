/** Replaces the payload of an event that named a person who was erased. */
export const ERASED_PAYLOAD = '{"erased":true}';
