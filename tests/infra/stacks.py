"""The templates of a stage, and words to ask them with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.stages import Stage

ROOT = Path(__file__).parents[2]
FLAGS = json.loads((ROOT / "cdk.json").read_text())["context"]
Properties = dict[str, Any]


@dataclass(frozen=True)
class Stacks:
    """What CDK made of a stage: templates by the last word of the stack's name."""

    stage: Stage
    folder: Path
    templates: Mapping[str, Any]

    @classmethod
    def read(cls, stage: Stage, assembly: cdk.cx_api.CloudAssembly) -> "Stacks":
        """Read the templates of an assembly."""
        folder = Path(assembly.directory)
        templates = {
            path.name.removesuffix(".template.json").rpartition("-")[2]: json.loads(path.read_text())
            for path in folder.glob("*.template.json")
        }
        return cls(stage, folder, templates)

    def resources(self, *types: str) -> Iterator[tuple[str, Properties]]:
        """Yield the logical id and the whole of each resource of these types, in all stacks."""
        for template in self.templates.values():
            for name, resource in template["Resources"].items():
                if not types or resource["Type"] in types:
                    yield name, resource

    def properties(self, *types: str) -> Iterator[tuple[str, Properties]]:
        """Yield the logical id and the properties of each resource of these types."""
        for name, resource in self.resources(*types):
            yield name, resource.get("Properties", {})

    def only(self, type_: str) -> Properties:
        """Return the properties of the one resource of a type."""
        (found,) = self.properties(type_)
        return found[1]

    def functions(self) -> dict[str, Properties]:
        """Return every function by `feature.entry`."""
        return {
            properties["Handler"].removeprefix("functions.").removesuffix(".handler"): properties
            for _, properties in self.properties("AWS::Lambda::Function")
        }

    def machines(self) -> dict[str, Any]:
        """Return the definition of every state machine by its name in the stack."""
        return {
            name.partition("Machine")[0]: json.loads(flat(properties["DefinitionString"]))
            for name, properties in self.properties("AWS::StepFunctions::StateMachine")
        }

    def statements(self) -> Iterator[tuple[str, Properties]]:
        """Yield every statement that a role may hold, with the name of the role's owner."""
        for name, policy in self.properties("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name.partition("ServiceRole")[0].partition("MachineRole")[0], statement
        for name, role in self.properties("AWS::IAM::Role"):
            for policy in role.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


def flat(value: Any) -> str:
    """Spell a value of a template as text: references become `<Name>` or `<Name.Attribute>`."""
    if isinstance(value, str):
        return value
    ((kind, of),) = value.items()
    if kind == "Fn::Join":
        return str(of[0].join(flat(part) for part in of[1]))
    if kind in {"Fn::Select", "Fn::Split"}:
        return f"<{flat(of[1])}>"
    return f"<{'.'.join(listed(of))}>"


def listed(value: Any) -> list[Any]:
    """Return a value that a template may give alone as a list."""
    return value if isinstance(value, list) else [value]
