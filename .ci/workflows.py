"""Writes the workflows that a page shows to a folder, with the action of this repository: `workflows.py PAGE FOLDER`."""

import pathlib
import re
import sys

page, folder = sys.argv[1:]
blocks = re.findall(r"^```yaml\n(.*?)^```", pathlib.Path(page).read_text(), re.M | re.S)
shown = [it for it in blocks if re.search(r"^on:", it, re.M)]
assert shown, f"{page} shows no workflow"
for number, text in enumerate(shown):
    assert "OWNER/stackgen@COMMIT" in text, text
    (pathlib.Path(folder) / f"{number}.yaml").write_text(text.replace("OWNER/stackgen@COMMIT", "./"))
