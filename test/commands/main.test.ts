import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configMembers } from '../../src/config.ts'
import { run } from '../support/program.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

describe('ecr-local', () => {
  it.each([[['--version']], [['serve', '--version']]])('shows its version: %j', async (args) => {
    expect(await run(args)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([[['--help']], [['-h']], [['help']], [['serve', '--help']], [['--port', '0', '--help']]])(
    'shows help: %j',
    async (args) => {
      const { code, stdout, stderr } = await run(args)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(
        /^ecr-local: Amazon ECR on one machine\n\nUsage: ecr-local \[COMMAND\] \[OPTIONS\]\n/,
      )
      for (const command of ['serve', 'tree', 'cli-model'])
        expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(160)
    },
  )

  it('explains each option with its variable, as the README does', async () => {
    const { stdout } = await run(['--help'])
    for (const member of Object.keys(configMembers)) {
      const flag = member.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      const variable = `ECR_LOCAL_${flag.replaceAll('-', '_').toUpperCase()}`
      expect(stdout).toMatch(new RegExp(`^  --${flag} .*\\[${variable}\\]$`, 'm'))
      expect(readme).toMatch(new RegExp(`^\\| \`--${flag}[ \`]`, 'm'))
    }
  })

  it.each([
    ['serv', 'There is no command "serv". Did you mean serve?'],
    ['model', 'There is no command "model". See ecr-local --help'],
    ['constructor', 'There is no command "constructor". See ecr-local --help'],
    ['TREE', 'There is no command "TREE". See ecr-local --help'],
  ])('has no command %s, and says which there is', async (command, message) => {
    expect(await run([command])).toEqual({ code: 2, stdout: '', stderr: `ecr-local: ${message}\n` })
  })
})
