import type { Shape } from './model.ts'

/** Java's regular expressions beyond what JavaScript reads the same way: none occurs, and none may slip in. */
const JAVA_ONLY = /\\[AZzGQEhHvVRX]|\(\?[imsxdU>]|&&|[*+?}]\+|\\p\{(?!L[ultmo]?\}|[MNPSZC][a-z]?\})/

/**
 * A model's pattern as a JavaScript literal that matches whole strings, as the service matches them. Its `\s`
 * and `\S` know ASCII only, as in Java; `\p{…}` needs the `u` flag, which we otherwise avoid because it refuses
 * harmless escapes such as `\-`.
 */
export function patternLiteral({ pattern = '', matchedBy }: Shape): string {
  const source = matchedBy ?? pattern
  if (JAVA_ONLY.test(source)) throw new Error(`the pattern ${source} needs a translation from Java`)
  const translated = source.replaceAll('\\S', '[^ \\t\\n\\x0B\\f\\r]')
  if (/\\s/.test(translated)) throw new Error(`the pattern ${source} needs a translation of \\s`)
  return new RegExp(`^(?:${translated})$`, /\\p\{/.test(source) ? 'u' : '').toString()
}
