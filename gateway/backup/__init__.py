"""How is the whole of it saved, and put back without anything going out twice?"""
