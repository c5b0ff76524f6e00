// The text of a lesson to begin with: small, whole, and true, so that its author changes something that works.

/** `name` is the file's, without `.md`. */
export function newLesson(name: string): string {
  const words = name.replaceAll("-", " ");
  return `---
title: ${JSON.stringify(words.charAt(0).toUpperCase() + words.slice(1))}
summary: say in one sentence what one can do afterwards
minutes: 5
layers: [namespaces.uts]
requires: [userns, program:unshare, program:nsenter, program:hostname]
---

# ${words.charAt(0).toUpperCase()}${words.slice(1)}

Say what this is about, and why one wants to know. Then ask before you show:

\`\`\`predict
question: A process gets a UTS namespace of its own. Which hostname does it see at first?
choices:
  - text: The host's
    right: true
  - text: None
    why: A new UTS namespace begins as a copy of the one that the process was in.
\`\`\`

\`\`\`run host
unshare --user --map-root-user --uts sh -c 'hostname lesson; hostname'
\`\`\`

\`\`\`expect
lesson
\`\`\`

## Your turn

Let the learner do it, and look at the kernel to see whether it is done:

\`\`\`verify host became
# a process here is in a UTS namespace of its own and calls itself "mine"
for it in /proc/[0-9]*; do
  name=$(nsenter --user --uts --preserve-credentials --target "\${it#/proc/}" hostname 2>/dev/null) || continue
  if test "$name" = mine; then echo "process \${it#/proc/}"; exit 0; fi
done
exit 1
\`\`\`

\`\`\`hint
unshare(1) runs a command in new namespaces.
\`\`\`

\`\`\`hint
\`unshare --user --map-root-user --uts sh\` gives you a shell that may set its own hostname. Leave it open.
\`\`\`

\`\`\`solve host
unshare --user --map-root-user --uts sh -c 'hostname mine; exec sleep 1000' &
\`\`\`

\`\`\`solve without host
unshare --user --map-root-user sh -c 'hostname mine; exec sleep 1000' &
\`\`\`

Explain here what was seen: whoever reads this has done it.

\`\`\`note
What only the instructor should know: timing, what goes wrong, what to ask the room.
\`\`\`
`;
}
