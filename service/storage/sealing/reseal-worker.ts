import { answerPages } from '../../lib/machine/page-thread.ts';
import { type ResealPage, resealPage } from './reseal.ts';
import type { TemplateTransform } from './template-transform.ts';

const known = new Map<number, TemplateTransform>();

answerPages((page: ResealPage) => resealPage(page, known));
