import { readdirSync } from 'node:fs';

/** With it the Vulkan loader writes which device it opened, and the driver's file, to the standard error of the process. */
export const NAMES_ADAPTER = { VK_LOADER_DEBUG: 'driver' } as const;

/** The adapter that was opened, by what the process wrote; undefined where that does not say it. */
export function adapterIn(log: string, platform = process.platform): string | undefined {
  // Metal has no software device.
  if (platform === 'darwin') return 'Metal';
  return [...log.matchAll(/Using "([^"]+)" with driver: "/g)].at(-1)?.[1]?.trim();
}

/** SwiftShader, Mesa's llvmpipe (lavapipe), Microsoft's Basic Render Driver: a GPU played by the CPU. */
export const isSoftware = (adapter: string): boolean =>
  /swiftshader|llvmpipe|lavapipe|basic render|software|\bcpu\b/i.test(adapter);

/** Device files of GPUs. A machine without any is not asked: that would take a process of its own at every start. */
const GPU_FILES = /^(dri\/renderD\d+|nvidia\d+|dxg|mali\d+|kgsl-3d\d+|nvhost-gpu|nvgpu)$/;

/** Whether this machine has a GPU that this process may see. */
export function hasGpu(list: (folder: string) => string[] = readNames, platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  return [...list('/dev'), ...list('/dev/dri').map((name) => `dri/${name}`)].some((name) =>
    GPU_FILES.test(name),
  );
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
