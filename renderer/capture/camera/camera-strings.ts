import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './camera-strings.de.json' with { type: 'json' };
import en from './camera-strings.en.json' with { type: 'json' };

/** What is said to the person in front of the camera: at most five words for an instruction. */
export const cameraStrings = defineStrings('capture/camera/camera-strings', en, de);
