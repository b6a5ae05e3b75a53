import { caFile, ownDirectory, type Tool, trustedCa } from './settings.ts'

/** BuildKit, on this machine or in a container that shares its network. */
export const buildkit: Tool = {
  directory: (user) => ownDirectory(user, 'buildkit'),
  settings(target) {
    const { directory, url, realHost } = target
    const ca = trustedCa(target)
    const file = `${directory}/buildkitd.toml`
    const caLine = ca === undefined ? '' : `  ca = ["${directory}/ca.pem"]\n`
    const trust = url.protocol === 'http:' ? '  http = true\n' : caLine
    return {
      files: [
        {
          path: file,
          content: `[registry."${url.host}"]
${trust}
[registry."${realHost}"]
  mirrors = ["${url.host}"]
`,
        },
        ...caFile(`${directory}/ca.pem`, ca),
      ],
      steps: `docker buildx create --use --driver-opt network=host --buildkitd-config ${file}
or buildkitd --config ${file}
Builds pull from ${realHost} here; push to ${url.host}/NAME:TAG, as a mirror takes no pushes.`,
    }
  },
}
