import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './camera-help-strings.de.json' with { type: 'json' };
import en from './camera-help-strings.en.json' with { type: 'json' };

/** What the camera of kiosks and the console says beside its instructions; the capture page has words of its own. */
export const cameraHelpStrings = defineStrings('capture/camera/camera-help-strings', en, de);
