export { DropModels } from './drop-models.tsx';
