/** `32 MiB`, `1.5 KiB`, `12 bytes`. Pure. */
export function sizeInWords(bytes: number): string {
  const [unit, of] = bytes >= 1024 ** 2 ? ["MiB", 1024 ** 2] : bytes >= 1024 ? ["KiB", 1024] : ["bytes", 1];
  return `${Math.round((bytes / of) * 10) / 10} ${unit}`;
}
