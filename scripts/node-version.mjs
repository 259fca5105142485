// Development needs Node 24; the devDependency `node` brings it, so that `npm run` finds it whatever is on PATH.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Node ${process.versions.node} runs this, but the project needs 24: run "npm ci" so that the node package is installed, then use "npm run"\n`,
  )
  process.exit(1)
}
