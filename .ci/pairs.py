"""What `stackgen list --json` says, as lines: ROOT STACK ENVIRONMENT TARGET FOLDER [--set NAME=VALUE]…

pairs.py LIST ROOT: LIST is the file with what the command says, ROOT goes into the lines as it is.
"""

import json
import sys

for stack in json.load(open(sys.argv[1])):
    for environment in stack["environments"]:
        # What a call has to give, and the folder of the tree: that of the instance where there is one.
        folder, given = environment["instance"] or environment["name"], []
        for parameter in environment["required"]:
            value = str(parameter.get("minimum", 1))
            folder = folder.replace("${parameters.%s}" % parameter["name"], value)
            given += ["--set", f"{parameter['name']}={value}"]
        print(sys.argv[2], stack["stack"], environment["name"], environment["target"], folder, *given)
