/** A file to import, with what the JSON beside it says, or why it cannot be sent. */
export type ModelFile = { file: File; entry?: unknown } | { file: File; wrong: 'json' | 'lonely' | 'kind' };

const stemOf = (name: string) => name.slice(0, name.lastIndexOf('.'));
const endsWith = (file: File, ...ends: string[]) => ends.some((end) => file.name.toLowerCase().endsWith(end));

/** Puts each JSON file to the ONNX file of its name. */
export async function readModelFiles(files: readonly File[]): Promise<ModelFile[]> {
  const described = files.filter((file) => endsWith(file, '.json'));
  const found: ModelFile[] = [];
  for (const file of files) {
    if (endsWith(file, '.json')) {
      const partner = files.some(
        (other) => endsWith(other, '.onnx') && stemOf(other.name) === stemOf(file.name),
      );
      if (!partner) found.push({ file, wrong: 'lonely' });
      continue;
    }
    // Models that come with Gatehouse were made from the last three; the service says so.
    if (!endsWith(file, '.onnx', '.tflite', '.tgz', '.pth', '.xml', '.bin')) {
      found.push({ file, wrong: 'kind' });
      continue;
    }
    const beside = described.find((one) => stemOf(one.name) === stemOf(file.name));
    if (beside === undefined) {
      found.push({ file });
      continue;
    }
    try {
      found.push({ file, entry: JSON.parse(await beside.text()) });
    } catch {
      found.push({ file: beside, wrong: 'json' });
    }
  }
  return found;
}
