export {
  createTemplateRenewals,
  type RenewalPages,
  type TemplateRenewal,
  type TemplateRenewals,
  type TemplateRenewalsDeps,
} from './template-renewal.ts';
