import { FLAGS } from './flags.ts'
import { type Config, checkTogether, configMembers, UnusableConfig, withDefaults } from './schema.ts'
import { suggest } from './suggest.ts'

/**
 * The configuration that options of the library choose.
 *
 * @throws UnusableConfig naming the option, and what it takes
 */
export function readOptions(options: Readonly<Record<string, unknown>>): Config {
  const known = Object.keys(configMembers)
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new UnusableConfig(`startServer has no option ${name}. ${suggest(name, known)}`)
  for (const { member, expected } of FLAGS) {
    const value = options[member]
    if (value !== undefined && !configMembers[member].accepts(value))
      throw new UnusableConfig(`${member} takes ${expected}, not ${JSON.stringify(value)}`)
  }
  checkTogether(options)
  return withDefaults(options)
}
