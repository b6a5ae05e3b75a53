import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UnusableConfig } from '../config.ts'

type FlagOptions = NonNullable<ParseArgsConfig['options']>

type Parsed<Options extends FlagOptions> = ReturnType<
  typeof parseArgs<{ options: Options & { help: { type: 'boolean' } }; allowPositionals: true }>
>

/**
 * The flags of a command, `--help` with them, and what stands beside them.
 *
 * @throws UnusableConfig for flags that it does not have
 */
export function readFlags<const Options extends FlagOptions>(
  command: string,
  args: readonly string[],
  options: Options,
): Parsed<Options> {
  const all = { ...options, help: { type: 'boolean' as const } }
  try {
    return parseArgs({ args: [...args], options: all, allowPositionals: true })
  } catch (error) {
    // Node goes on with advice that fits no option here.
    const [problem] = (error as Error).message.split(/\.\s/)
    throw new UnusableConfig(`${problem}. See ecr-local ${command} --help`)
  }
}
