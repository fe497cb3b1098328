import { existsSync } from 'node:fs';

/** Of Debian's package `chromium`: SwiftShader, a Vulkan driver that computes on the CPU. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Chooses the Vulkan driver of the processes that this one starts: the one that VK_DRIVER_FILES names, else SwiftShader. Says why there is
 * none; undefined where there is one.
 */
export function chooseDriver(): string | undefined {
  if (process.env.VK_DRIVER_FILES !== undefined || process.env.VK_ICD_FILENAMES !== undefined)
    return undefined;
  if (!existsSync(swiftShader))
    return `There is no Vulkan driver: ${swiftShader} is missing (apt-get install chromium libvulkan1), and VK_DRIVER_FILES names none.`;
  // The second is what loaders before 1.3.207 read.
  process.env.VK_DRIVER_FILES = swiftShader;
  process.env.VK_ICD_FILENAMES = swiftShader;
  return undefined;
}

/** Whether the driver is the one that `chooseDriver` chooses by itself. */
export const isSwiftShader = (): boolean =>
  [process.env.VK_DRIVER_FILES, process.env.VK_ICD_FILENAMES].includes(swiftShader);

/** Skips the test: the reporter keeps the reason to itself. */
export function skipBecause(skip: (reason: string) => never, reason: string): never {
  console.log(`Skipped: ${reason}`);
  return skip(reason);
}
