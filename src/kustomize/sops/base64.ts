/** What standard base64 stands for, read as strictly as Go does: line breaks are passed over. `undefined` for anything else. */
export function fromBase64(text: string): Buffer | undefined {
  const bare = text.replaceAll(/[\r\n]/g, '')
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare) ? Buffer.from(bare, 'base64') : undefined
}
