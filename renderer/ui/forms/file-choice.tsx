import { FileInput, type FileInputProps } from '@mantine/core';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';

/** A field for files; an empty one says that they are chosen here. */
export function FileChoice<Multiple extends boolean = false>(props: FileInputProps<Multiple>) {
  const t = useStrings(uiStrings);
  return <FileInput clearable placeholder={t('chooseFile')} {...props} />;
}
