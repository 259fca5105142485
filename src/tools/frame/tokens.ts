const parts = /[A-Za-z]+| ?\d+|[A-Za-z\d]+|[^\S\n]+|\n+|[\u0021-\u007e]|[^\u0000-\u007f]/g

/**
 * About how many o200k tokens a text costs, rather too many than too few: a tokenizer would weigh more than the rest of the
 * program. Words cost one for each six letters, digits one for each three, and mixtures such as digests most of their characters.
 */
export function tokensOf(text: string): number {
  let sum = 0
  for (const [word] of text
    .replaceAll(/(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{6,}/g, mixed => {
      sum += Math.ceil(mixed.length * 0.85)
      return ' '
    })
    .matchAll(parts)) {
    const first = word.charCodeAt(0)
    if (first > 127) sum += 1.2
    else if (/\d$/.test(word)) sum += first === 32 ? 1 + Math.ceil((word.length - 1) / 3) : Math.ceil(word.length / 3)
    else if (/[A-Za-z]/.test(word)) sum += Math.ceil(word.length / 6)
    else if (first === 10) sum += 1
    else if (first === 32 || first === 9) sum += word.length > 1 ? 1 : 0
    else sum += 0.8
  }
  return Math.ceil(sum)
}
